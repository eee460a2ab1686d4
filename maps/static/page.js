/* What every page needs: words, elements made of text, questions to the service, two switches. */
(function () {
  'use strict';
  const boot = JSON.parse(document.getElementById('boot').textContent);
  const language = document.documentElement.lang;

  /* The words of `key`, each {gap} filled from `gaps`. */
  function t(key, gaps) {
    const text = boot.words[key];
    if (text === undefined) throw new Error('no words for ' + key);
    return text.replace(/\{(\w+)\}/g, (gap, name) => (gaps && name in gaps ? gaps[name] : gap));
  }

  /* An element with attributes and children; a string among them becomes text, never markup. */
  function el(tag, attributes, children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name !== 'on') element.setAttribute(name, value);
      else Object.entries(value).forEach(([event, act]) => element.addEventListener(event, act));
    }
    element.append(...[].concat(children || []));
    return element;
  }

  const problem = (text, status) => Object.assign(new Error(text), { status });

  /* What the form on the screen calls a field of the API, such as `polygons[2].code`. */
  function called(name) {
    for (const [, part, at] of name.matchAll(/([^.[\]]+)(?:\[(\d+)\])?/g)) {
      const boxes = [...document.querySelectorAll('[data-field="' + CSS.escape(part) + '"]')];
      const box = boxes.find((one) => one.labels && one.labels.length && one.offsetParent);
      if (box) return box.labels[0].textContent + (at ? ' ' + (Number(at) + 1) : '');
    }
    return name;
  }

  /* What a problem says, with what it lists: the fields and the faults, each in its sentence. */
  const sentence = (body) => body && [body.detail, ...(body.fields || []).map(
    (one) => called(one.name) + ': ' + one.detail), ...(body.faults || []).map((one) => one.text)
  ].filter(Boolean).slice(0, 6).join(' ');

  /* Ask the service; gives the answer's JSON, or null when it has none. Throws an error with the
     answer's status, in the reader's language. A question that was aborted is never answered. */
  async function ask(path, options) {
    let answer, body;
    try {
      answer = await fetch(path, options);
      const told = answer.status !== 204 && /json/.test(answer.headers.get('Content-Type'));
      body = told ? await answer.json() : null;
    } catch (error) {
      if (error.name === 'AbortError') return new Promise(() => {});
      throw problem(t('page.common.offline'), 0);
    }
    if (answer.ok) return body;
    if (answer.status === 401 && !leaving) toSignIn();
    throw problem(sentence(body) || t('page.common.failed', { status: answer.status }),
      answer.status);
  }

  /* Tell the service something: a JSON body and the header that no foreign page can send; `more`
     are further headers. It is sent to the end even when the page goes away meanwhile, unless it
     is more than browsers send on: 64 KiB of bytes, of which a letter takes up to three. */
  function tell(path, body, more) {
    const ours = { 'Content-Type': 'application/json', 'X-Requested-With': 'wangge' };
    const headers = Object.assign(ours, more), sent = JSON.stringify(body || {});
    const keepalive = sent.length < 20000;
    return ask(path, { method: 'POST', headers, body: sent, keepalive });
  }

  let leaving = location.pathname === '/sign-in';
  function toSignIn() {
    leaving = true;
    location.assign('/sign-in?next=' + encodeURIComponent(location.pathname + location.search));
  }

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-language], [data-sign-out], .skip');
    if (!button) return;
    if (button.hash) document.querySelector(button.hash).focus();
    else if (button.dataset.language) {
      const keep = '; path=/; max-age=31536000; samesite=lax';
      document.cookie = 'lang=' + button.dataset.language + keep;
      location.reload();
    } else {
      const failed = (error) => { button.textContent = error.message; };
      tell('/api/v1/session/end').then(() => location.assign('/sign-in'), failed);
    }
  });

  window.Wangge = { boot, language, t, el, ask, tell };
}());
