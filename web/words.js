// Small pieces of text, and the elements that hold them.

const numbers = new Intl.NumberFormat('en');

/**
 * The local time as HH:MM:SS, of 24 hours for every reader.
 * @param {Date} date
 */
export function clock(date) {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/**
 * The same as an element that a program can read too.
 * @param {Date} date
 */
export function timeElement(date) {
  const made = element('time', '', clock(date));
  made.dateTime = date.toISOString();
  return made;
}

/** @param {number} number */
export function grouped(number) {
  return numbers.format(number);
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function plural(count, noun) {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * A duration to the precision it deserves. Browsers blur their clocks to 0.1 ms or so.
 * @param {number} duration in milliseconds
 */
export function milliseconds(duration) {
  if (duration < 0.1) return '< 0.1 ms';
  if (duration < 10) return `${duration.toFixed(1)} ms`;
  if (duration < 1000) return `${Math.round(duration)} ms`;
  return `${(duration / 1000).toFixed(1)} s`;
}

/**
 * What to call somebody: by the name in their info, where there is one.
 * @param {string} user
 * @param {unknown} [info]
 */
export function displayName(user, info) {
  const name = /** @type {{name?: unknown} | undefined} */ (info)?.name;
  return typeof name === 'string' && name !== '' ? name : user;
}

/**
 * An element with that class and content. Strings become text, never markup.
 * @param {string} name
 * @param {string} className
 * @param {...(string | Node)} content
 */
export function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}
