import { theme, type MappingAlgorithm, type ThemeConfig } from 'antd'
import { PALETTES, type Face } from './palette.js'

/** For canvas, which knows no CSS variables. Elsewhere `--ld-font` of base.css, which depends on the language. */
export const FONT = '"Noto Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", "HarmonyOS Sans SC", system-ui, sans-serif'

/** Compact in its distances, not in its letters: they are read for eight hours. */
const readable: MappingAlgorithm = (seed, map) => ({ ...(map ?? theme.defaultAlgorithm(seed)), fontSize: 15, fontSizeSM: 13, lineHeight: 1.5 })

/**
 * antd's tokens from our palette: compact, square-ish, quiet.
 * @param motion false for who asks his system for less of it: antd would wait for the end of movements that base.css takes away, and no dialog would close.
 */
export function antdTheme(face: Face, motion: boolean): ThemeConfig {
  const palette = PALETTES[face]
  return {
    algorithm: [face === 'dark' ? theme.darkAlgorithm : theme.defaultAlgorithm, theme.compactAlgorithm, readable],
    token: {
      colorPrimary: palette.accent,
      colorSuccess: palette.ready,
      colorWarning: palette.ring,
      colorError: palette.alarm,
      colorInfo: palette.talk,
      colorLink: palette.accent,
      colorBgBase: face === 'dark' ? palette.ground : '#ffffff',
      colorBgLayout: palette.ground,
      colorBgContainer: palette.field,
      colorBgElevated: palette.raised,
      colorText: palette.text,
      colorTextSecondary: palette.textSoft,
      colorTextTertiary: palette.textFaint,
      colorTextPlaceholder: palette.textFaint,
      colorBorder: palette.line,
      colorBorderSecondary: palette.lineSoft,
      colorSplit: palette.lineSoft,
      // A closed ticket is read as often as an open one.
      colorTextDisabled: palette.textSoft,
      colorBgContainerDisabled: palette.raised,
      colorBorderDisabled: palette.lineSoft,
      borderRadius: 5,
      fontFamily: 'var(--ld-font)',
      fontSize: 15,
      controlHeight: 37,
      lineWidthFocus: 2,
      motion,
      motionDurationMid: '0.12s',
      motionDurationSlow: '0.16s',
      wireframe: false,
    },
    components: {
      Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none', fontWeight: 500 },
      Table: { headerBg: palette.raised, rowHoverBg: palette.accentSoft, headerSplitColor: 'transparent', cellPaddingBlock: 8 },
      Segmented: { trackBg: palette.raised, itemColor: palette.textSoft, itemSelectedBg: palette.accentSoft, itemSelectedColor: palette.accent },
      Tabs: { horizontalMargin: '0', cardGutter: 2 },
      Drawer: { colorBgElevated: palette.panel },
      Modal: { contentBg: palette.panel, headerBg: palette.panel },
    },
  }
}
