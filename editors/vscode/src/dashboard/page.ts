// The dashboard's page as a webview wants it; docs/dashboard.md of the project says what to replace.

export function webviewPage(page: string, nonce: string, folder: string): string {
  return page.replaceAll("NONCE", nonce).replace(/(href|src)="(?=[\w.]+\.(css|js)")/g, `$1="${folder}/`);
}
