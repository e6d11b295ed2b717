/** Shown at an address where there is nothing. Stands by itself: the desk may not be built. Nothing of the request is in it. */
export const NO_PAGE = `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>404 · 联动 110</title>
<style>
  :root { color-scheme: dark light; --ground: #0a0f14; --panel: #111920; --line: #263540; --text: #e3ebf0; --soft: #9fb1bd; --accent: #2bb3a3; }
  @media (prefers-color-scheme: light) { :root { --ground: #e9eef0; --panel: #fbfcfc; --line: #cdd8dd; --text: #14232b; --soft: #4b606b; --accent: #0b766c; } }
  body { display: grid; place-items: center; min-height: 100vh; margin: 0; background: var(--ground); color: var(--text); font: 16px/1.6 "Noto Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif; }
  main { box-sizing: border-box; max-width: 480px; margin: 16px; padding: 32px; border: 1px solid var(--line); border-radius: 10px; background: var(--panel); text-align: center; }
  h1 { margin: 0 0 12px; font-size: 20px; }
  p { margin: 4px 0; color: var(--soft); }
  a { display: inline-block; margin-top: 20px; padding: 8px 20px; border: 1px solid var(--accent); border-radius: 6px; color: var(--accent); text-decoration: none; }
  a:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
</style>
</head>
<body>
<main>
<h1>没有这个网页 · <span lang="en">No such page</span></h1>
<p>这个地址没有内容，请检查是否输入有误。</p>
<p lang="en">There is nothing at this address; look whether it is mistyped.</p>
<a href="/">返回联动 · <span lang="en">Back to Liandong</span></a>
</main>
</body>
</html>
`
