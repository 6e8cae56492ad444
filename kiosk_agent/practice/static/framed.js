'use strict';
// Keys go on reaching a frame of another origin that keeps asking for the focus.
{
  const field = document.getElementById('framed-input');
  field.focus();
  setInterval(() => field.focus(), 500);
}
