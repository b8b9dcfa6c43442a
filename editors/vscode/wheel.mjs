// node wheel.mjs : builds the server's wheel into wheel/, for the environment that the extension installs by itself.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";

const python = process.env.PYTHON ?? "python3";
rmSync("wheel", { recursive: true, force: true });
mkdirSync("wheel");
const { status } = spawnSync(python, ["-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", "wheel", "../.."], { stdio: "inherit" });
process.exit(status ?? 1);
