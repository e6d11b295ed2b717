export const mapZhCN = {
  nav: '地图', title: '在办工单地图', search: '地名、地标、里程桩，可用拼音首字母', zoomIn: '放大', zoomOut: '缩小', whole: '全市',
  unknown: (place: string) => `没有找到“${place}”。`,
  none: '没有带位置的在办工单。', noDistricts: '尚未导入行政区划，请联系管理员。', shown: (count: number) => `${count} 张有位置的在办工单`, most: (count: number) => `仅显示最急的 ${count} 张，另有未显示的在办工单`, hints: '地名',
  legend: { open: '待处理', unit: '在单位', late: '超时', hazard: '险情' },
  kinds: { address: '地址', road: '道路', landmark: '地标', kilometre: '里程桩' } as Readonly<Record<string, string>>,
  between: (from: string, to: string) => `推算：${from} 与 ${to} 之间`,
}
