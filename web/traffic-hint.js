import { transportOf } from './destination.js';

/**
 * What a reader should know of the figures beside the messages.
 * @param {import('./destination.js').Destination} destination
 */
export function trafficHint(destination) {
  if (destination.endpoint === 'echo') {
    return 'Sizes are in bytes; what a browser sends includes a mask of 4 bytes. The round trip on top is the median of the latest 51.';
  }
  if (transportOf(destination) === 'websocket') {
    return 'Sizes are in bytes; what a browser sends includes a mask of 4 bytes. On a channel, WebSocket round trips are not measured: others may send the same text.';
  }
  return 'Only WebSocket has frames. A round trip is the time from a POST until its message arrives.';
}
