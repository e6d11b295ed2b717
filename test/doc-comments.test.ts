import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Exported functions of a file that have no doc comment, as `line name`. */
function undocumented(text: string): string[] {
  const source = ts.createSourceFile('file.tsx', text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TSX)
  const missing: string[] = []
  const look = (node: ts.Node, name: string): void => {
    const documented = ts.getLeadingCommentRanges(text, node.getFullStart())?.some(({ pos }) => text.startsWith('/**', pos)) ?? false
    if (!documented) missing.push(`${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${name}`)
  }
  for (const node of source.statements) {
    if (!ts.canHaveModifiers(node) || ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) !== true) continue
    // Of an overloaded function the first signature speaks for all.
    if (ts.isFunctionDeclaration(node) && source.statements.find((other) => ts.isFunctionDeclaration(other) && other.name?.text === node.name?.text) === node) look(node, node.name?.text ?? 'default')
    if (ts.isVariableStatement(node)) for (const { name, initializer } of node.declarationList.declarations) if (initializer !== undefined && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer))) look(node, name.getText())
  }
  return missing
}

t.test('the check sees what it should', async (t) => {
  t.same(undocumented('/** Does it. */\nexport function one(): void {}\nexport function two(): void {}\nexport const three = (): number => 3\n// no doc\nexport const four = function () { return 4 }\nconst own = () => 5\nexport const value = own()\n'), ['3 two', '4 three', '6 four'])
  t.same(undocumented('/** All. */\nexport function a(x: string): void\nexport function a(x: number): void\nexport function a(): void {}\n'), [])
})

t.test('every exported function says what it does', async (t) => {
  for (const folder of ['src', 'sip', 'scripts']) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/(?<!\.d)\.tsx?$/.test(entry.name)) continue
      const path = join(entry.parentPath, entry.name)
      t.same(undocumented(readFileSync(path, 'utf8')), [], path.slice(root.length))
    }
  }
})
