import type { mapZhCN } from './map.zh-CN.js'

export const mapEn: typeof mapZhCN = {
  nav: 'Map', title: 'Tickets in hand on the map', search: 'Place, landmark, kilometre mark; pinyin initials too', zoomIn: 'Zoom in', zoomOut: 'Zoom out', whole: 'Whole city',
  unknown: (place) => `No place matches “${place}”.`,
  none: 'No ticket in hand has a position.', noDistricts: 'No districts yet: an administrator imports them.', shown: (count) => `${count} ${count === 1 ? 'ticket' : 'tickets'} in hand with a position`, most: (count) => `Only the ${count} most urgent tickets; there are more in hand`, hints: 'Places',
  legend: { open: 'At the hall', unit: 'At a unit', late: 'Late', hazard: 'Hazard' },
  kinds: { address: 'address', road: 'road', landmark: 'landmark', kilometre: 'kilometre mark' },
  between: (from, to) => `worked out between ${from} and ${to}`,
}
