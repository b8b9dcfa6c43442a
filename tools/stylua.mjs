// Formats Lua files as editors/neovim/.stylua.toml says: node tools/stylua.mjs [--check] FILE…
// npm has StyLua as a library only; its command is downloaded from elsewhere.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// Found where npm installed it for the caller: `npm install --no-save @johnnymorganz/stylua@2.5.2`.
const { Config, IndentType, OutputVerification, QuoteStyle, formatCode } = createRequire(
  join(process.cwd(), "node_modules", "x"),
)("@johnnymorganz/stylua");

const options = new Map(
  [...readFileSync(new URL("../editors/neovim/.stylua.toml", import.meta.url), "utf8").matchAll(/^(\w+) = "?(\w+)"?$/gm)]
    .map(([, key, value]) => [key, value]),
);

function config() {
  const made = Config.new();
  made.column_width = Number(options.get("column_width"));
  made.indent_width = Number(options.get("indent_width"));
  made.indent_type = IndentType[options.get("indent_type")];
  made.quote_style = QuoteStyle[options.get("quote_style")];
  return made;
}

const check = process.argv.includes("--check");
for (const file of process.argv.slice(2).filter((word) => word !== "--check")) {
  const before = readFileSync(file, "utf8");
  const after = formatCode(before, config(), undefined, OutputVerification.None);
  if (before === after) continue;
  if (check) {
    console.error(`${file}: is not formatted`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, after);
  }
}
