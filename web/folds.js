/**
 * Lets a button marked `.unfold` show and hide what it controls. The style sheet folds things, and
 * shows these buttons, only where room is short.
 * @param {Document} root
 */
export function enableFolds(root) {
  for (const button of root.querySelectorAll('.unfold')) {
    button.addEventListener('click', () => {
      const unfolded = button.getAttribute('aria-expanded') !== 'true';
      button.setAttribute('aria-expanded', String(unfolded));
      root.getElementById(button.getAttribute('aria-controls')).classList.toggle('folded', !unfolded);
    });
  }
}
