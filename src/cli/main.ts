import { runLiandong } from './run.js'

process.exitCode = await runLiandong(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin })
