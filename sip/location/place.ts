/** Where the caller is, from PIDF-LO. WGS-84 degrees, metres. */
export interface Place {
  readonly point?: { readonly lat: number; readonly lon: number; readonly uncertainty?: number }
  /** Civic address as one line. */
  readonly text?: string
}
