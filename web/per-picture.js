/**
 * A function that has `draw` run once with the next picture, however often it is called before.
 * @param {() => void} draw
 */
export function perPicture(draw) {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      draw();
    });
  };
}
