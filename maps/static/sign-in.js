/* Signing in: name and password as JSON, the service's own words when it says no. A password that
   somebody else chose must be changed first, here and now. */
(function () {
  'use strict';
  const { t, ask, tell } = window.Wangge;
  const form = document.getElementById('sign-in');
  const problem = document.getElementById('problem');
  const renew = document.getElementById('renew');

  let home = '/';  // a grid member's day begins on the field map

  /* Where to go on to: a path on this service, else the first page. */
  function next() {
    const given = new URLSearchParams(location.search).get('next') || '/';
    const wanted = given === '/' ? home : given;
    const address = new URL(wanted, location.origin);
    return wanted.startsWith('/') && address.origin === location.origin ? address.href : '/';
  }

  /* Gives false when signed in but for a password of one's own, still to be chosen. */
  async function signIn() {
    const login = form.login.value, old = form.password.value;
    if (!renew.hidden) return tell('/api/v1/session/password', { old, new: form.new.value });
    await tell('/api/v1/session', { login, password: old });
    const me = await ask('/api/v1/me');
    if ((me.roles || []).some((held) => held.role === 'grid_member')) home = '/field';
    renew.hidden = !me.must_change_password;
    return renew.hidden;
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const fields = [form.login, form.password].concat(renew.hidden ? [] : [form.new, form.again]);
    const empty = fields.find((field) => !field.value);
    const differ = !renew.hidden && form.new.value !== form.again.value;
    const submit = form.querySelector('[type=submit]');
    problem.textContent = '';
    submit.disabled = true;
    try {
      if (empty) throw new Error(t('page.sign_in.missing'));
      if (differ) throw new Error(t('page.sign_in.differ'));
      if ((await signIn()) === false) form.new.focus();
      else location.assign(next());
    } catch (error) {
      problem.textContent = error.message;
      (empty || fields[fields.length - 1]).focus();
    }
    problem.hidden = !problem.textContent;
    submit.disabled = false;
  });
}());
