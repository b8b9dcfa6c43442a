// What `lsp-search doctor` found, as a page to read: what needs attention first.

export interface Check {
  name: string;
  state: "ok" | "warning" | "fault";
  message: string;
  advice: string;
}

const ORDER: readonly Check["state"][] = ["fault", "warning", "ok"];

export function report(folder: string, server: string, checks: readonly Check[]): string {
  const sorted = [...checks].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const findings = checks.filter(({ state }) => state !== "ok").length;
  const verdict = findings === 0 ? "All is well." : findings === 1 ? "One finding." : `${findings} findings.`;
  const rows = sorted.map(({ name, state, message, advice }) => `| ${state === "ok" ? state : `**${state}**`} | ${cell(name)} | ${cell(message)} | ${cell(advice)} |`);
  return [
    `# lsp-search doctor: ${verdict}`,
    "",
    `Of \`${folder}\`, by ${server}.`,
    "",
    "| | Check | Found | What to do |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

/** Text in a table: what Markdown would take for its own is shown as it is. */
function cell(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~$&]/g, "\\$&").replaceAll("\n", " ");
}
