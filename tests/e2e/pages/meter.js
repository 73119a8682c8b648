// What a person would see: media time per rate, frame by frame, while nothing is sought. Knows nothing of the script.
window.meter = { played: 0 };
let last = { at: performance.now(), position: 0 };
requestAnimationFrame(function measure(at) {
  const video = document.querySelector("video");
  const position = video ? video.currentTime : 0;
  const moved = (position - last.position) / (video ? video.playbackRate : 1);
  if (video && !video.seeking && moved > 0 && moved < (at - last.at) / 1000 + 0.5) meter.played += moved;
  last = { at, position };
  requestAnimationFrame(measure);
});
