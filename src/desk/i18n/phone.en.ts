import type { phoneZhCN } from './phone.zh-CN.js'

export const phoneEn: typeof phoneZhCN = {
  label: 'Telephone',
  kinds: { desk: 'Desk phone', browser: 'Browser phone' },
  lines: { off: 'not connected', connecting: 'connecting…', registered: 'connected', lost: 'cut off' },
  elsewhere: 'in another window',
  chooseHint: 'Which telephone takes your calls. The browser phone rings on this page and speaks through your headset; meanwhile the one on the table does not ring.',
  incoming: 'Your telephone rings',
  incomingHint: 'Calling back, consulting and listening ring your own telephone first; calls are answered here too while the server is away.',
  talking: 'In a call; the server cannot be reached',
  talkingHint: 'The call goes on. You can hang up here.',
  again: 'Try again',
  answering: 'Connecting…',
  notReady: 'The browser phone is not connected yet; you cannot go ready.',
  quiet: 'The citizen cannot hear you',
  trouble: {
    refused: 'The microphone is not allowed',
    none: 'There is no microphone',
    busy: 'Another program has the microphone',
    insecure: 'This page is not HTTPS: the browser gives no microphone',
    line: 'The browser phone is cut off from the PBX',
  },
  hints: {
    refused: 'Allow this page to use the microphone (address bar). Until then you get no calls.',
    none: 'Plug your headset in; it goes on by itself. Until then you get no calls.',
    busy: 'Close the other program and try again. Until then you get no calls.',
    insecure: 'Open the desk by its https:// address, or use the desk phone; tell your administrator.',
    line: 'It reconnects by itself; until then you get no calls. A call in progress is still heard.',
  },
}
