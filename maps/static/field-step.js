/* Sending a step: some seconds later, so that it can be taken back. What was typed for one that is
   refused, since the matter has moved on meanwhile, is shown back and can be copied. */
(function () {
  'use strict';
  const { el, tell } = window.Wangge, F = window.Field;
  const { $, wordsOf } = window.Panel, { w, button } = F, UNDO_MS = 5000;
  const kept = new Map();  // of matters: what was typed for a step that was refused
  let pending = null;

  /* A step is sent after some seconds in which it can be taken back; leaving the page sends it. */
  F.later = (m, step, given, typed) => {
    commit();
    pending = { m, step, given, typed: typed || [], timer: setTimeout(commit, UNDO_MS) };
    const undo = () => { clearTimeout(pending.timer); pending = null; F.readAgain(m.no); };
    for (const one of $('matter').querySelectorAll('.steps button')) one.disabled = true;
    F.toast(w('about_to', { step: step.name }), w('undo'), undo, UNDO_MS);
  };

  async function commit() {
    if (!pending) return;
    const { m, step, given, typed, timer } = pending;
    const path = '/api/v1/matters/' + encodeURIComponent(m.no);
    pending = null;
    clearTimeout(timer);
    try {
      await tell(path + '/steps', { step: step.step, version: m.version, given });
      kept.delete(m.no);
      F.toast(w('step_done', { step: step.name }));
    } catch (problem) {
      const words = wordsOf(problem), text = problem.status === 409
        ? w('changed', { text: words }) : words;
      if (typed.length) kept.set(m.no, { step: step.name, text: typed.join('\n') });
      if (typed.length) F.toast(text, w('show_typed'), () => F.open(m.no));
      else F.toast(text);
    }
    F.load();
    await F.readAgain(m.no);
    if ($('unsent')) $('unsent').scrollIntoView({ block: 'center' });
  }

  /* What was typed for a refused step of a matter, to be copied; nothing where nothing is lost. */
  F.unsent = (no) => {
    const one = kept.get(no);
    if (!one) return [];
    const words = el('textarea', { id: 'unsent', rows: 3, readonly: '' }, one.text);
    const copy = () => { words.select(); document.execCommand('copy'); F.toast(w('copied')); };
    const away = () => { kept.delete(no); box.remove(); };
    const box = el('div', { class: 'unsent', role: 'group' }, [
      el('label', { for: 'unsent' }, w('unsent', { step: one.step })), words,
      el('div', { class: 'pair' }, [button(w('away'), away), button(w('copy'), copy)])]);
    return [box];
  };

  addEventListener('pagehide', commit);
  document.addEventListener('visibilitychange', () => { if (document.hidden) commit(); });
}());
