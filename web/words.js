// Small pieces of text, and the elements that hold them.

/// The local time with seconds, in the reader's own manner.
export function clock(date) {
  return date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}

export function grouped(number) {
  return number.toLocaleString(undefined);
}

export function plural(count, noun) {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/// A duration to the precision it deserves. Browsers blur their clocks to 0.1 ms or so.
export function milliseconds(duration) {
  if (duration < 0.1) return '< 0.1 ms';
  if (duration < 10) return `${duration.toFixed(1)} ms`;
  if (duration < 1000) return `${Math.round(duration)} ms`;
  return `${(duration / 1000).toFixed(1)} s`;
}

/// An element with that class and content. Strings become text, never markup.
export function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}
