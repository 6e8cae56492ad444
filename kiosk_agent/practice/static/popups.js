'use strict';
{
  const open = () => window.open('/help', '_blank', 'popup,width=500,height=400');
  document.getElementById('open-popup')?.addEventListener('click', open);
  document.getElementById('log-out-form')?.addEventListener('submit', open);
}
