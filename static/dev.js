
// Behind app.js with --dev: loads the page anew when the program, the style sheet or the script has become another.
{
  let before = null;
  const look = async () => {
    const answer = await fetch('/static/dev/changes').catch(() => null);
    if (!answer?.ok) return;
    const now = await answer.text();
    if (before !== null && now !== before) location.reload();
    before = now;
  };
  setInterval(look, 500);
}
