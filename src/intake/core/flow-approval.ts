/** People (ids) who stand behind an edition as it waits now. */
export interface Standing {
  /** Who published it; whom nobody knows (a node that saw its files change) is not among them. */
  readonly wishers: readonly string[]
  /** Who approved it since. */
  readonly approvers: readonly string[]
}

/** How many have approved, and how many have to: none of those who published it themselves, and two where nobody is known to have. So two people always acted. */
export const approvalOf = ({ wishers, approvers }: Standing): { readonly approvals: number; readonly wanted: number } => ({
  approvals: new Set(approvers.filter((id) => !wishers.includes(id))).size, wanted: wishers.length === 0 ? 2 : 1,
})
