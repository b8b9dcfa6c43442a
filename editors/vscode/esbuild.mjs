// node esbuild.mjs [--tests] : bundles the extension into dist/, with the dashboard's page beside it; or its unit tests.
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const shared = { bundle: true, platform: "node", format: "cjs", target: "node20", external: ["vscode"], logLevel: "warning" };
if (process.argv.includes("--tests")) {
  rmSync("dist/test", { recursive: true, force: true });
  const entryPoints = readdirSync("test").filter((name) => name.endsWith(".test.ts")).map((name) => `test/${name}`);
  await build({ ...shared, entryPoints, outdir: "dist/test", sourcemap: "inline" });
} else {
  rmSync("dist", { recursive: true, force: true });
  const { metafile } = await build({ ...shared, entryPoints: ["src/extension.ts"], outfile: "dist/extension.js", minify: true, metafile: true });
  writeFileSync("dist/ThirdPartyNotices.txt", notices(Object.keys(metafile.inputs)));
  cpSync("../../lsp_search/dashboard/web", "dist/dashboard", { recursive: true });
}

/** The licences of the packages that the bundle holds parts of. */
function notices(inputs) {
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} has no licence file`);
    return `${name} ${version} (${license})\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
  });
  return `This extension holds parts of the following packages.\n\n${texts.join(`\n${"-".repeat(80)}\n\n`)}`;
}
