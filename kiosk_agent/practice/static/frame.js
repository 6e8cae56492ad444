'use strict';
// The frame takes the focus as soon as it may.
document.getElementById('frame').focus();
