import { runLiandong } from './run.js'

// Whoever reads our output has enough of it (`liandong config | head`); a server goes on without him.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  if (process.argv[2] !== 'start') process.exit(0)
})

process.exitCode = await runLiandong(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin })
