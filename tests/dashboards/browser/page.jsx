// Draws one dashboard as Grafana lays it out, with Grafana's own panel library: /drawing.json has the dashboard with
// its variables filled in, and for each query what Prometheus answered (see ../drawing.py). What the library has not is
// drawn plainly: rows, the bar at the top, panels with logs.
import React from 'react';
import { createRoot } from 'react-dom/client';
import {
  applyFieldOverrides, cacheFieldDisplayNames, createTheme, dateTime, FieldConfigOptionsRegistry, FieldType,
  getDisplayValueAlignmentFactors, getFieldDisplayValues, getFieldDisplayValuesProxy,
  standardFieldConfigEditorRegistry, standardTransformers,
  standardTransformersRegistry, ThemeContext, toDataFrame, transformDataFrame,
} from '@grafana/data';
import { BarGauge, BigValue, GlobalStyles, PanelChrome, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { initPluginTranslations } from '@grafana/i18n';
import { firstValueFrom } from 'rxjs';
import '@fontsource/inter/400.css';
import '@fontsource/inter/500.css';
import '@fontsource/inter/600.css';

const WIDTH = 1600, COLUMN = (WIDTH - 16) / 24, CELL = 30, MARGIN = 8, TOP = 96;
const theme = createTheme({ colors: { mode: 'dark' } });
const same = (text) => text;

function property(id, path, isCustom) {
  return { id, path, name: id, isCustom, process: same, shouldApply: () => true, override: () => null,
           editor: () => null, getItemsCount: () => 0, settings: {} };
}

const STANDARD = ['unit', 'min', 'max', 'decimals', 'displayName', 'color', 'noValue', 'links', 'mappings',
                  'thresholds'];

/** What Grafana fills in its start; without it overrides and transformations are dropped without a word. */
function fillRegistries() {
  standardFieldConfigEditorRegistry.setInit(() => STANDARD.map((name) => property(name, name, false)));
  const unique = new Map(Object.values(standardTransformers).map((one) => [one.id, one]));
  standardTransformersRegistry.setInit(() => [...unique.values()].map((transformation) => ({
    id: transformation.id, name: transformation.name, transformation, editor: () => null })));
}

/** All custom properties that the dashboard sets. */
function registryOf(panels) {
  const names = new Set();
  for (const panel of panels) {
    Object.keys(panel.fieldConfig.defaults.custom).forEach((name) => names.add(name));
    for (const one of panel.fieldConfig.overrides) {
      one.properties.filter(({ id }) => id.startsWith('custom.')).forEach(({ id }) => names.add(id.slice(7)));
    }
  }
  return new FieldConfigOptionsRegistry(() => [
    ...STANDARD.map((name) => property(name, name, false)),
    ...[...names].map((name) => property(`custom.${name}`, name, true))]);
}

// --- Prometheus' answers as Grafana's data frames ------------------------------------------------

function legendOf(format, labels) {
  if (format) {
    return format.replace(/\{\{(\w+)\}\}/g, (_, name) => labels[name] ?? '');
  }
  const { __name__: name = '', ...rest } = labels;
  const inside = Object.entries(rest).map(([key, value]) => `${key}="${value}"`).join(', ');
  return inside ? `${name}{${inside}}` : name || 'Value';
}

function tableOf(answer, several, at) {
  const names = [...new Set(answer.series.flatMap((one) => Object.keys(one.metric)))].sort();
  if (!answer.series.length) {
    return { refId: answer.refId, fields: [], length: 0 };
  }
  return toDataFrame({ refId: answer.refId, fields: [
    { name: 'Time', type: FieldType.time, values: answer.series.map(() => at * 1000) },
    ...names.map((name) => ({ name, type: FieldType.string, config: { filterable: true },
                              values: answer.series.map((one) => one.metric[name] ?? null) })),
    { name: several ? `Value #${answer.refId}` : 'Value', type: FieldType.number,
      values: answer.series.map((one) => Number(one.value[1])) }] });
}

function framesOf(answer, range) {
  return answer.series.map((one) => {
    const known = new Map((one.values ?? [one.value]).map(([at, value]) => [at, Number(value)]));
    const times = [];
    if (answer.instant) {
      times.push(...known.keys());
    } else {
      for (let at = range.from - (range.from % answer.step); at <= range.to; at += answer.step) times.push(at);
    }
    return toDataFrame({ refId: answer.refId, fields: [
      { name: 'Time', type: FieldType.time, values: times.map((at) => at * 1000) },
      { name: 'Value', type: FieldType.number, labels: one.metric, values: times.map((at) => known.get(at) ?? null),
        config: { displayNameFromDS: legendOf(answer.legend, one.metric) } }] });
  });
}

async function dataOf(panel, answers, range, registry) {
  const tables = answers.filter((one) => one.table);
  let frames = answers.flatMap((one) => one.table ? [tableOf(one, tables.length > 1, range.to)] : framesOf(one, range));
  frames = await firstValueFrom(transformDataFrame(panel.transformations, frames, { interpolate: same }));
  frames = applyFieldOverrides({ data: frames, fieldConfig: panel.fieldConfig, fieldConfigRegistry: registry,
                                 replaceVariables: same, theme, timeZone: 'utc' });
  cacheFieldDisplayNames(frames);
  return frames;
}

/** Links of a table's first row that name a column which is not there, or has no value there. */
function deadLinks(panel, [frame]) {
  if (panel.type !== 'table' || !frame?.length) return [];
  const row = getFieldDisplayValuesProxy({ frame, rowIndex: 0 });
  return frame.fields.flatMap((field) => field.config.links ?? []).flatMap(({ url }) =>
    [...url.matchAll(/\$\{__data\.fields\["([^"]+)"\](?:\.(\w+))?\}/g)]
      .filter(([, name, part]) => !row[name] || !String(part ? row[name][part] ?? '' : row[name]))
      .map(([text]) => text));
}

// --- panels ---------------------------------------------------------------------------------------

function Nothing({ text }) {
  return <div className="nothing" data-empty={text}>{text}</div>;
}

function values(panel, frames, sparkline) {
  return getFieldDisplayValues({ data: frames, fieldConfig: panel.fieldConfig,
                                 reduceOptions: panel.options.reduceOptions, replaceVariables: same, sparkline, theme,
                                 timeZone: 'utc' });
}

function Repeated({ panel, frames, width, height, orientation, sparkline, children }) {
  return <VizRepeater source={frames} getValues={() => values(panel, frames, sparkline)} width={width} height={height}
    getAlignmentFactors={getDisplayValueAlignmentFactors} renderCounter={1} orientation={orientation} autoGrid={true}
    minVizWidth={8} minVizHeight={14} itemSpacing={8} maxVizHeight={40} renderValue={children} />;
}

function Stat({ panel, frames, width, height }) {
  const { colorMode, graphMode, textMode, justifyMode } = panel.options;
  return <Repeated panel={panel} frames={frames} width={width} height={height} orientation="auto"
    sparkline={graphMode !== 'none'}>
    {({ value, width: w, height: h, alignmentFactors, count }) =>
      <BigValue value={value.display} sparkline={value.sparkline} colorMode={colorMode} graphMode={graphMode}
        textMode={textMode} justifyMode={justifyMode} alignmentFactors={alignmentFactors} count={count} width={w}
        height={h} theme={theme} disableWideLayout={false} />}
  </Repeated>;
}

function Bars({ panel, frames, width, height }) {
  return <Repeated panel={panel} frames={frames} width={width} height={height} orientation="horizontal">
    {({ value, width: w, height: h, alignmentFactors, orientation }) =>
      <BarGauge value={value.display} field={value.field} display={value.view?.getFieldDisplayProcessor(value.colIndex)}
        width={w} height={h} orientation={orientation} displayMode={panel.options.displayMode} theme={theme}
        itemSpacing={8} lcdCellWidth={8} alignmentFactors={alignmentFactors} showUnfilled={true} isOverflow={false}
        valueDisplayMode="color" namePlacement="left" />}
  </Repeated>;
}

function Graph({ panel, frames, width, height, range }) {
  const timeRange = { from: dateTime(range.from * 1000), to: dateTime(range.to * 1000) };
  return <TimeSeries frames={frames} structureRev={1} width={width} height={height} timeZone="utc"
    timeRange={{ ...timeRange, raw: timeRange }} legend={panel.options.legend} options={panel.options} />;
}

function Table({ panel, frames, width, height }) {
  return <TableNG data={frames[0]} width={width} height={height} noHeader={false} showTypeIcons={false} resizable={true}
    initialSortBy={panel.options.sortBy} cellHeight={panel.options.cellHeight} structureRev={1}
    fieldConfig={panel.fieldConfig} enableVirtualization={false} />;
}

const KINDS = { stat: Stat, bargauge: Bars, timeseries: Graph, table: Table };

function Content({ panel, answers, frames, range, width, height }) {
  const failed = answers.find((one) => one.error);
  if (failed) {
    return <div className="error" data-error={failed.error}>{failed.error}</div>;
  }
  const empty = panel.fieldConfig.defaults.noValue ?? 'No data';
  const Kind = KINDS[panel.type];
  if (!Kind) {
    return <Nothing text={panel.type === 'logs' ? 'Logs come from Loki: the panel library has no panel.' : empty} />;
  }
  const rows = frames.reduce((sum, frame) => sum + frame.length, 0);
  if (!rows && panel.type !== 'stat') {
    return <Nothing text={empty} />;
  }
  return <Kind panel={panel} frames={frames} width={width} height={height} range={range} />;
}

class Guard extends React.Component {
  state = {};

  static getDerivedStateFromError(error) {
    return { error: String(error) };
  }

  render() {
    return this.state.error ? <div className="error" data-error={this.state.error}>{this.state.error}</div>
                            : this.props.children;
  }
}

function Panel({ panel, answers, frames, range }) {
  const { x, y, w, h } = panel.gridPos;
  const width = w * COLUMN - MARGIN, height = h * (CELL + MARGIN) - MARGIN;
  return <div className="panel" data-title={panel.title} data-kind={panel.type}
    data-dead={deadLinks(panel, frames).join(' ')}
    style={{ left: 8 + x * COLUMN, top: TOP + y * (CELL + MARGIN), width, height }}>
    <PanelChrome title={panel.title} description={panel.description} width={width} height={height}
      padding={panel.type === 'table' ? 'none' : 'md'}>
      {(inner, innerHeight) => <Guard><Content panel={panel} answers={answers} frames={frames} range={range}
        width={inner} height={innerHeight} /></Guard>}
    </PanelChrome>
  </div>;
}

function Head({ drawing }) {
  const time = (at) => new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return <div className="head">
    <div className="line"><b>Spark / {drawing.board.title}</b>
      <span className="time">{time(drawing.range.from)} to {time(drawing.range.to)} UTC</span></div>
    <div className="line">{drawing.variables.map(({ label, text }) =>
      <span className="variable" key={label}><i>{label}</i><em>{text}</em></span>)}</div>
  </div>;
}

const STYLE = `
  body { margin: 0; background: ${theme.colors.background.canvas}; }
  .panel, .fold { position: absolute; }
  .fold { left: 8px; height: 30px; line-height: 30px; font-size: 15px; font-weight: 500; }
  .head { padding: 10px 12px; }
  .line { height: 36px; display: flex; align-items: center; gap: 10px; font-size: 15px; }
  .time { margin-left: auto; color: ${theme.colors.text.secondary}; font-size: 13px; }
  .variable { font-size: 12px; display: inline-flex; }
  .variable i, .variable em { font-style: normal; padding: 4px 8px; border: 1px solid ${theme.colors.border.medium}; }
  .variable i { background: ${theme.colors.background.secondary}; border-right: 0; }
  .variable em { color: ${theme.colors.text.link}; max-width: 230px; overflow: hidden; white-space: nowrap;
                 text-overflow: ellipsis; }
  .nothing { display: flex; height: 100%; align-items: center; justify-content: center; text-align: center;
             color: ${theme.colors.text.secondary}; }
  .error { color: ${theme.colors.error.text}; padding: 8px; }`;

function Board({ drawing, drawn }) {
  const places = [...drawing.panels.map(({ panel }) => panel.gridPos), ...drawing.rows.map((row) => row.gridPos)];
  const bottom = Math.max(...places.map(({ y, h }) => y + h));
  return <ThemeContext.Provider value={theme}>
    <GlobalStyles /><style>{STYLE}</style>
    <div style={{ width: WIDTH, height: TOP + bottom * (CELL + MARGIN) + 8, position: 'relative' }}>
      <Head drawing={drawing} />
      {drawing.rows.map((row) => <div className="fold" key={row.title}
        style={{ top: TOP + row.gridPos.y * (CELL + MARGIN) }}>{row.folded ? '▸' : '▾'} {row.title}</div>)}
      {drawn.map((one) => <Panel key={one.panel.id} range={drawing.range} {...one} />)}
    </div>
  </ThemeContext.Provider>;
}

async function main() {
  await initPluginTranslations('spark-boards');
  fillRegistries();
  const drawing = await (await fetch('/drawing.json')).json();
  const registry = registryOf(drawing.panels.map(({ panel }) => panel));
  const drawn = await Promise.all(drawing.panels.map(async ({ panel, answers }) => ({
    panel, answers, frames: await dataOf(panel, answers, drawing.range, registry) })));
  createRoot(document.getElementById('board')).render(<Board drawing={drawing} drawn={drawn} />);
  await document.fonts.ready;
  window.__drawn = true;
}

main().catch((error) => { window.__failed = String(error.stack ?? error); });
