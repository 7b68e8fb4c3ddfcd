/** A page with nothing but a file field. @param {(files: File[]) => unknown} chosen */
export function field(chosen) {
  document.body.innerHTML = '<input type="file" multiple>';
  document.querySelector('input').addEventListener('change', ({ target }) => chosen([...target.files]));
}

/** Counts the files that are stored. */
export function counter() {
  let stored = 0;
  return () => window.clock.now((stored += 1));
}
