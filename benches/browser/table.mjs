/** Lines of results as tables in Markdown: medians, and the least and the most. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const figure = (number) => (number >= 100 ? number.toFixed(0) : number.toPrecision(3)).replace(/\B(?=(\d{3})+(?!\d))/g, number >= 1000 ? ',' : '');

function middle(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function cell(values) {
  return `${figure(middle(values))} (${figure(Math.min(...values))}–${figure(Math.max(...values))})`;
}

export function table(results) {
  const lines = [];
  for (const workload of new Set(results.map((result) => result.workload))) {
    const here = results.filter((result) => result.workload === workload);
    const good = here.filter(({ error }) => !error);
    const groups = [...new Set(good.map(({ client, setting }) => `${client}/${setting}`))].map((name) => {
      const of = good.filter(({ client, setting }) => `${client}/${setting}` === name);
      return { name, of, best: middle(of.map(({ rate }) => rate)) };
    });
    groups.sort((a, b) => b.best - a.best);
    lines.push(`${workload}, rounds: ${Math.max(...groups.map(({ of }) => of.length))}, failed: ${here.length - good.length}`, '');
    lines.push(`| client | ${here[0].unit} | longest task, ms | of it worked, ms | CPU of the browser, s | peak of the page, MiB |`, '|---|---|---|---|---|---|');
    for (const { name, of } of groups) {
      lines.push(`| ${name} | ${['rate', 'block', 'busy', 'cpu', 'peak'].map((key) => cell(of.map((result) => result[key]))).join(' | ')} |`);
    }
    lines.push('');
  }
  return lines.join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(table(readFileSync(process.argv[2], 'utf8').trim().split('\n').map((line) => JSON.parse(line))));
}
