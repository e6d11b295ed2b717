/** What Node's `parseArgs` refuses, in Chinese; its own English words follow. */
const SAYINGS: Readonly<Record<string, string>> = {
  ERR_PARSE_ARGS_UNKNOWN_OPTION: '没有这个选项',
  ERR_PARSE_ARGS_INVALID_OPTION_VALUE: '选项的值有误',
  ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL: '多余的参数',
}

/** The text of an error of `parseArgs`: both languages, one line. */
export function usageError(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException
  const zh = SAYINGS[code]
  return zh === undefined ? message : `${zh} / ${message}`
}
