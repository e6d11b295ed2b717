/**
 * Asks a node that may not be renewed yet: it hands out this desk as well, and refuses the whole of what it is asked for a part that came later than it. Then it is asked without, as by a desk of that time.
 * @param without what it is asked then; null: there is nothing newer in it @throws what `ask` rejects with
 */
export async function askOlder<Asked, Answer>(ask: (asked: Asked) => Promise<Answer>, asked: Asked, without: Asked | null): Promise<{ readonly answer: Answer; /** It was asked without. */ readonly older: boolean }> {
  try {
    return { answer: await ask(asked), older: false }
  } catch (error) {
    if (without === null || (error as { readonly code?: unknown }).code !== 'request.invalid') throw error
    return { answer: await ask(without), older: true }
  }
}
