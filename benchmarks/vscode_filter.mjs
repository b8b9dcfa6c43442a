// What VS Code's Ctrl+T (its SymbolsQuickAccessProvider) leaves of a server's answers, and in which order, by VS Code's own scorer.
//
//     node vscode_filter.mjs FOLDER < asked.json > kept.json
//
// FOLDER is where `npm install monaco-editor` was run. In: [{query, symbols}, …], symbols as LSP has them. Out, for each:
// {accepted, order, scores}: how many symbols the scorer accepts, the places of those that the list shows, best first, and their scores.
//
// As VS Code does it: the query goes whole to the scorer, the target is the name behind its icon (so that an icon's name uses up
// some of the 128 characters that are looked at), symbols of one name, kind and place are one, and the order is score, then name, then
// kind. Left out: queries of several words (the first would be sent, the others would have to match the container).

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const esm = pathToFileURL(resolve(process.argv[2], 'node_modules/monaco-editor/esm/vs') + '/');
const { prepareQuery, scoreFuzzy2 } = await import(new URL('base/common/fuzzyScorer.js', esm));
const { SymbolKinds } = await import(new URL('editor/common/languages.js', esm));

const asked = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(asked.map(({ query, symbols }) => kept(prepareQuery(query), symbols))));

function kept(query, symbols) {
    const accepted = symbols.map((symbol, place) => scored(query, symbol, place)).filter(pick => pick.score !== undefined);
    const shown = distinct(accepted).sort(byScore);
    return { accepted: accepted.length, order: shown.map(pick => pick.place), scores: shown.map(pick => pick.score) };
}

function scored(query, symbol, place) {
    const icon = SymbolKinds.toIcon(symbol.kind - 1).id; // LSP counts kinds from 1, VS Code from 0
    const label = `$(${icon}) ${symbol.name}`;
    const [score] = scoreFuzzy2(label, query, 0, label.length - symbol.name.length);
    return { symbol, place, icon, score };
}

/** By name, kind, file and place, which is also the order in which symbols that tie stay. */
function distinct(picks) {
    const sorted = picks.sort((a, b) =>
        compare(a.symbol.name, b.symbol.name) || a.symbol.kind - b.symbol.kind ||
        compare(a.symbol.location.uri, b.symbol.location.uri) || comparePositions(start(a), start(b)));
    return sorted.filter((pick, at) => at === 0 || !same(sorted[at - 1], pick));
}

function same(a, b) {
    return a.symbol.name === b.symbol.name && a.symbol.kind === b.symbol.kind && a.symbol.location.uri === b.symbol.location.uri
        && a.symbol.containerName === b.symbol.containerName && comparePositions(start(a), start(b)) === 0;
}

function byScore(a, b) {
    return b.score - a.score
        || a.symbol.name.toLowerCase().localeCompare(b.symbol.name.toLowerCase())
        || a.icon.localeCompare(b.icon);
}

function start(pick) {
    return pick.symbol.location.range.start;
}

function comparePositions(a, b) {
    return a.line - b.line || a.character - b.character;
}

function compare(a, b) {
    return a < b ? -1 : a > b ? 1 : 0;
}
