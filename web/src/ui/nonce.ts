/** The nonce that the server put into the page: style elements that bear it are let through. */
export const styleNonce: string =
  document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
