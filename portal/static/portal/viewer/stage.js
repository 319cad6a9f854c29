// One film on the screen: its window, zoom, place and turn, over the library's viewport.

import { frameOf, fullImage, smallImage } from "./film.js";

const LARGEST = 20; // screen pixels for one of the film
const SMALLEST = 0.5; // of the size that fits
const WHOLE_TURN = 360;

const between = (low, value, high) => Math.max(low, Math.min(high, value));

export class Stage {
  constructor({ library, engine, box, film }) {
    Object.assign(this, { library, engine, box, film });
    this.inverted = false; // by the reader; a film may be stored so besides
    this.fetching = null;
    this.watchers = new Set();
    this.id = `stage-${film.scan}-${Math.random().toString(36).slice(2, 8)}`;
    this.resized = new ResizeObserver(() => this.fitBox());
  }

  async start(picture) {
    const { library, engine, box } = this;
    engine.enableElement({
      viewportId: this.id,
      type: library.Enums.ViewportType.STACK,
      element: box,
      defaultOptions: { background: [0, 0, 0] },
    });
    this.viewport = engine.getViewport(this.id);
    this.image = this.small(picture);
    await this.viewport.setStack([this.image.imageId]);
    this.showWindow(this.ownWindow());
    this.viewport.resetCamera();
    this.viewport.render();
    for (const name of ["CAMERA_MODIFIED", "VOI_MODIFIED"]) {
      box.addEventListener(library.Enums.Events[name], () => this.tell());
    }
    this.resized.observe(box);
  }

  stop() {
    this.resized.disconnect();
    this.fetching?.abort();
    this.engine.disableElement(this.id);
  }

  watch(watcher) {
    this.watchers.add(watcher);
    watcher(this);
    return () => this.watchers.delete(watcher);
  }

  tell() {
    for (const watcher of this.watchers) watcher(this);
  }

  fitBox() {
    if (!this.box.clientWidth || !this.box.clientHeight) return; // hidden just now
    const kept = this.viewport.getViewPresentation();
    this.engine.resize(true, false);
    this.viewport.setViewPresentation(kept);
    this.viewport.render();
    this.tell();
  }

  // ------------------------------------------------------------------------------------------- pixels

  get isFull() {
    return this.image.facts.full;
  }

  // Whether the screen shows more pixels than the small picture has.
  get wantsMore() {
    return !this.isFull && this.scale() * devicePixelRatio > this.image.width / this.film.size[0];
  }

  // The page's picture as an image of the library's.
  small(picture) {
    return smallImage(this.library, this.film, picture);
  }

  // Fetches every pixel and shows them in the place, turn and window of the small picture.
  async fetchFull() {
    if (this.isFull || this.fetching || !this.film.full) return;
    this.fetching = new AbortController();
    try {
      const image = await fullImage(this.library, this.film, this.fetching.signal);
      await this.swap(image);
    } finally {
      this.fetching = null;
      this.tell();
    }
  }

  async swap(image) {
    const [camera, share, inverted] = [this.viewport.getCamera(), this.windowShare(), this.inverted];
    const before = this.image;
    this.image = image;
    for (const mark of this.library.annotation.state.getAnnotationManager().getAllAnnotations()) {
      if (mark.metadata.FrameOfReferenceUID !== frameOf(this.film)) continue;
      mark.metadata.referencedImageId = image.imageId;
      mark.invalidated = true;
    }
    await this.viewport.setStack([image.imageId]);
    this.inverted = inverted;
    this.viewport.setCamera(camera);
    this.showShare(share);
    this.viewport.render();
    this.library.toolUtilities.triggerAnnotationRenderForViewportIds([this.id]);
    this.library.cache.removeImageLoadObject?.(before.imageId);
  }

  // ------------------------------------------------------------------------------------------- window

  ownWindow() {
    return { lower: this.image.facts.low, upper: this.image.facts.high };
  }

  window() {
    return this.viewport.getProperties().voiRange || this.ownWindow();
  }

  showWindow(range) {
    const invert = this.inverted !== this.image.facts.inverted;
    this.viewport.setProperties({ voiRange: range, invert });
    this.viewport.render();
    this.tell();
  }

  // The window as shares of the film's own, dark end first: the same for each of its images.
  windowShare() {
    const { low, high, inverted } = this.image.facts;
    const { lower, upper } = this.window();
    const share = [(lower - low) / (high - low), (upper - low) / (high - low)];
    return inverted ? [1 - share[1], 1 - share[0]] : share;
  }

  showShare([dark, bright]) {
    const { low, high, inverted } = this.image.facts;
    const [first, last] = inverted ? [1 - bright, 1 - dark] : [dark, bright];
    this.showWindow({ lower: low + first * (high - low), upper: low + last * (high - low) });
  }

  showEveryLevel() {
    this.showWindow({ lower: this.image.facts.least, upper: this.image.facts.most });
  }

  invert() {
    this.inverted = !this.inverted;
    this.showWindow(this.window());
  }

  // ------------------------------------------------------------------------------------------- place

  // Screen pixels (CSS) for one pixel of the film.
  scale() {
    return this.box.clientHeight / (2 * this.viewport.getCamera().parallelScale);
  }

  fitScale() {
    return this.scale() / this.viewport.getZoom();
  }

  // Zooms so that the point under the pointer stays where it is; without one, the middle.
  zoomBy(factor, at = [this.box.clientWidth / 2, this.box.clientHeight / 2]) {
    const fit = this.fitScale();
    const wanted = between(Math.min(fit, 1) * SMALLEST, this.scale() * factor, Math.max(LARGEST, fit));
    const before = this.viewport.canvasToWorld(at);
    this.viewport.setZoom(wanted / fit);
    const after = this.viewport.canvasToWorld(at);
    this.shift(before.map((value, axis) => value - after[axis]));
  }

  shift(way) {
    const { focalPoint, position } = this.viewport.getCamera();
    const moved = (point) => point.map((value, axis) => value + way[axis]);
    this.viewport.setCamera({ focalPoint: moved(focalPoint), position: moved(position) });
    this.viewport.render();
  }

  panBy(right, down) {
    const [x, y] = this.viewport.getPan();
    this.viewport.setPan([x + right, y + down]);
    this.viewport.render();
  }

  // One pixel of the film on one of the screen.
  showOneToOne() {
    this.zoomBy(1 / devicePixelRatio / this.scale());
  }

  fit() {
    const { rotation, flipHorizontal } = this.viewport.getViewPresentation();
    this.viewport.resetCamera();
    this.viewport.setViewPresentation({ rotation, flipHorizontal });
    this.viewport.render();
    this.tell();
  }

  rotate(degrees = 90) {
    const { rotation } = this.viewport.getViewPresentation();
    this.viewport.setViewPresentation({ rotation: (rotation + degrees) % WHOLE_TURN });
    this.fit();
  }

  flip() {
    const { flipHorizontal } = this.viewport.getViewPresentation();
    this.viewport.setViewPresentation({ flipHorizontal: !flipHorizontal });
    this.viewport.render();
    this.tell();
  }

  reset() {
    this.inverted = false;
    this.viewport.setViewPresentation({ rotation: 0, flipHorizontal: false });
    this.viewport.resetCamera();
    this.showWindow(this.ownWindow());
  }

  // The affine map from the film's pixels to the box, as CSS takes it.
  matrix() {
    const [origin, right, down] = [
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
    ].map((at) => this.viewport.worldToCanvas(at));
    const columns = [right[0] - origin[0], right[1] - origin[1], down[0] - origin[0], down[1] - origin[1]];
    return `matrix(${[...columns, ...origin.slice(0, 2)].join(", ")})`;
  }
}
