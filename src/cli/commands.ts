import { auditCommand } from './audit.js'
import { callCommand } from './call.js'
import type { Command } from './command.js'
import { configCommand } from './config.js'
import { countyCommand } from './county.js'
import { doctorCommand } from './doctor.js'
import { flowCommand } from './flow.js'
import { importCommand } from './import.js'
import { migrateCommand } from './migrate.js'
import { modeCommand } from './mode.js'
import { promptsCommand } from './prompts.js'
import { recordingCommand } from './recording.js'
import { startCommand } from './start.js'
import { userCommand } from './user.js'

/** Everything `liandong` can do. A new command is a new file and a line here. */
export const COMMANDS: readonly Command[] = [startCommand, callCommand, flowCommand, promptsCommand, modeCommand, userCommand, configCommand, doctorCommand, importCommand, countyCommand, auditCommand, recordingCommand, migrateCommand]
