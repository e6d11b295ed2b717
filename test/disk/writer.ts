/** Puts one letter after another in place of a file, each a whole file of it, until it is killed. Usage: writer.ts <file> <bytes> <now|later> */
import { replaceDurably, replaceFile } from '../../src/disk/whole-file.js'

const [file = '', bytes = '0', how] = process.argv.slice(2)
for (let n = 0; ; n += 1) {
  const content = String.fromCharCode(97 + (n % 26)).repeat(Number(bytes))
  if (how === 'now') replaceDurably(file, content)
  else await replaceFile(file, content)
  if (n === 0) process.stdout.write('written\n')
}
