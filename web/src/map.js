// The map: COGs of one or two periods, read by range requests and coloured by the graphics card.

import Map from "ol/Map.js";
import View from "ol/View.js";
import MousePosition from "ol/control/MousePosition.js";
import ScaleLine from "ol/control/ScaleLine.js";
import Zoom from "ol/control/Zoom.js";
import { intersects } from "ol/extent.js";
import { defaults as defaultInteractions } from "ol/interaction/defaults.js";
import WebGLTile from "ol/layer/WebGLTile.js";
import { get as knownProjection, transform } from "ol/proj.js";
import Projection from "ol/proj/Projection.js";
import { getRenderPixel } from "ol/render.js";
import GeoTIFF from "ol/source/GeoTIFF.js";
import { layerExpression, layerOf, nodataOf } from "./layers.js";
import { colourOf, countExpression } from "./pictures.js";
import { fullExtent, mostObservations } from "./report.js";

/** @import { Picture } from "./pictures.js" */
/** @import { Files, Layer, Period, Report } from "./report.js" */
/** @import { State } from "./state.js" */
/** @typedef {globalThis.Map<string, WebGLTile>} PeriodLayers By key of the file: `mosaic`, `count`, `layer-date`. */

/** Key of the reflectances. */
const MOSAIC = "mosaic";
/** Periods that stay on the graphics card, so that going back to them is instant. */
const MOST_PERIODS = 6;
/** Never in a file of counts; fills tiles beyond the edge of the file. */
const BEYOND = 65535;

export class MosaicMap {
  /**
   * @param {HTMLElement} target
   * @param {Report} report
   * @param {{ pictures: Picture[], read: number[] }} choice
   * @param {(message: string) => void} onTrouble Gets told why a file can't be read.
   */
  constructor(target, report, choice, onTrouble) {
    this.report = report;
    this.choice = choice;
    this.onTrouble = onTrouble;
    this.extent = fullExtent(report);
    this.projection = projectionOf(report);
    this.most = mostObservations(report);
    /** @type {globalThis.Map<string, PeriodLayers>} */
    this.layers = new globalThis.Map();
    /** @type {State | undefined} */
    this.state = undefined;
    this.map = new Map({
      target,
      layers: [],
      interactions: defaultInteractions({ altShiftDragRotate: false, pinchRotate: false }),
      controls: [
        new Zoom({ zoomInTipLabel: "Zoom in", zoomOutTipLabel: "Zoom out" }),
        new ScaleLine({ minWidth: 90 }),
        new MousePosition({ coordinateFormat: (at) => this.#place(at), placeholder: "" }),
      ],
      view: new View({
        projection: this.projection,
        center: [(this.extent[0] + this.extent[2]) / 2, (this.extent[1] + this.extent[3]) / 2],
        resolution: report.resolution,
        minResolution: report.resolution / 16,
        extent: grown(this.extent, 0.5),
        showFullExtent: true,
        enableRotation: false,
      }),
    });
    this.fit();
  }

  /** Shows all of the mosaics. */
  fit() {
    const [width = 0] = this.map.getSize() ?? [];
    const margin = width < 600 ? 8 : 24;
    this.map.getView().fit(this.extent, { padding: [margin, margin, margin, margin] });
  }

  /**
   * Shows what a state says.
   * @param {State} state
   * @param {Period[]} periods
   */
  show(state, periods) {
    this.state = state;
    const shown = new Set([state.period, ...(state.compare ? [state.other] : [])]);
    const picture = this.choice.pictures[this.#picture(state)];
    const key = picture?.colour ? MOSAIC : (picture?.key ?? MOSAIC);
    for (const period of periods.filter((one) => shown.has(one.label))) {
      const layers = this.#layersOf(period, key, picture?.layer);
      layers.get(MOSAIC)?.updateStyleVariables({ picture: this.#picture(state), gain: state.gain });
      layers.forEach((layer, name) => layer.setVisible(name === key));
    }
    for (const [label, layers] of this.layers) {
      if (!shown.has(label)) {
        layers.forEach((layer) => layer.setVisible(false));
        if (this.layers.size > MOST_PERIODS) {
          this.#forget(label, layers);
        }
      }
    }
    this.map.render();
  }

  /**
   * @param {string} label
   * @param {PeriodLayers} layers
   */
  #forget(label, layers) {
    this.layers.delete(label);
    for (const layer of layers.values()) {
      this.map.removeLayer(layer);
      layer.dispose();
    }
  }

  /** @param {State} state */
  #picture(state) {
    return this.choice.pictures.findIndex((picture) => picture.key === state.picture);
  }

  /**
   * All layers of a period that were shown so far, the one with a key among them.
   * @param {Period} period
   * @param {string} key
   * @param {Layer | undefined} layer
   * @returns {PeriodLayers}
   */
  #layersOf(period, key, layer) {
    const layers = this.layers.get(period.label) ?? new globalThis.Map();
    this.layers.set(period.label, layers);
    if (!layers.has(key)) {
      const made = this.#made(period, key, layer);
      layers.set(key, made);
      this.map.addLayer(made);
    }
    return layers;
  }

  /**
   * @param {Period} period
   * @param {string} key
   * @param {Layer | undefined} layer
   */
  #made(period, key, layer) {
    if (layer) {
      const info = (/** @type {Files} */ file) => ({ url: file.layers[layer.key] ?? "", bands: [1], nodata: nodataOf(layer) });
      return this.#layer(period, info, { color: layerExpression(layerOf(layer, period)) }, (file) => layer.key in file.layers);
    }
    return key === MOSAIC
      ? this.#layer(period, (file) => ({ url: file.mosaic, bands: this.choice.read, nodata: 0 }), { color: colourOf(this.choice.pictures), variables: { picture: 0, gain: 1 } })
      : this.#layer(period, (file) => ({ url: file.count, bands: [1], nodata: BEYOND }), { color: countExpression(this.most) });
  }

  /**
   * All tiles of a period as one layer. A file is opened when its place comes into view.
   * @param {Period} period
   * @param {(file: Files) => import("ol/source/GeoTIFF.js").SourceInfo} info
   * @param {import("ol/layer/WebGLTile.js").Style} style
   * @param {(file: Files) => boolean} has True where there is a file.
   */
  #layer(period, info, style, has = () => true) {
    /** @type {globalThis.Map<Files, GeoTIFF>} */
    const sources = new globalThis.Map();
    const source = (/** @type {Files} */ file) => {
      let made = sources.get(file);
      if (!made) {
        made = new GeoTIFF({ sources: [info(file)], normalize: false, interpolate: false, projection: this.projection, transition: 0 });
        made.on("change", () => {
          if (made?.getState() === "error") {
            this.onTrouble(String(made.getError()?.message ?? "unknown reason"));
          }
          layer.changed(); // OpenLayers waits for files of the first frame only
        });
        made.on("tileloaderror", () => this.onTrouble("a part of it could not be read"));
        sources.set(file, made);
      }
      return made;
    };
    const layer = new WebGLTile({
      sources: (extent) => period.files.filter((file) => has(file) && intersects(file.bbox, extent)).map(source),
      style,
      visible: false,
    });
    layer.on("prerender", (event) => this.#clip(event, period.label));
    layer.on("postrender", (event) => event.context instanceof WebGLRenderingContext && event.context.disable(event.context.SCISSOR_TEST));
    return layer;
  }

  /**
   * Keeps a layer on its side of the border.
   * @param {import("ol/render/Event.js").default} event
   * @param {string} label
   */
  #clip(event, label) {
    const gl = event.context;
    const state = this.state;
    const size = this.map.getSize();
    if (!(gl instanceof WebGLRenderingContext) || !state?.compare || state.period === state.other || !size) {
      return;
    }
    const [width = 0, height = 0] = size;
    const border = (width * state.swipe) / 100;
    const [left, right] = label === state.period ? [0, border] : [border, width];
    const [x0 = 0, y0 = 0] = getRenderPixel(event, [left, height]);
    const [x1 = 0, y1 = 0] = getRenderPixel(event, [right, 0]);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(Math.round(x0), Math.round(y0), Math.round(x1) - Math.round(x0), Math.round(y1 - y0));
  }

  /**
   * A place in words: in the projection of the mosaics, and in degrees where that's known.
   * @param {import("ol/coordinate.js").Coordinate | undefined} at
   */
  #place(at) {
    const [x = 0, y = 0] = at ?? [];
    if (this.report.projection.units === "degrees") {
      return degrees(x, y);
    }
    const metres = `E ${Math.round(x)}  N ${Math.round(y)}`;
    if (!knownProjection(this.projection.getCode())) {
      return metres;
    }
    const [longitude = 0, latitude = 0] = transform([x, y], this.projection, "EPSG:4326");
    return `${metres}   ${degrees(longitude, latitude)}`;
  }
}

/**
 * @param {number} longitude
 * @param {number} latitude
 */
function degrees(longitude, latitude) {
  const part = (/** @type {number} */ value, /** @type {string} */ positive, /** @type {string} */ negative) =>
    `${Math.abs(value).toFixed(4)}° ${value < 0 ? negative : positive}`;
  return `${part(latitude, "N", "S")}  ${part(longitude, "E", "W")}`;
}

/** @param {Report} report */
function projectionOf(report) {
  const { code, units } = report.projection;
  return knownProjection(code) ?? new Projection({ code: code || "mosaic", units, extent: grown(fullExtent(report), 2) });
}

/**
 * @param {[number, number, number, number]} extent
 * @param {number} share
 */
function grown([left, bottom, right, top], share) {
  const [x, y] = [(right - left) * share, (top - bottom) * share];
  return [left - x, bottom - y, right + x, top + y];
}
