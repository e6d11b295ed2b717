import t from 'tap'
import { findDrachtio, startDrachtioPeer, startRealDrachtio } from '../helpers/drachtio.js'
import { edgeSuite } from './suite.js'

t.setTimeout(400_000)
t.test('the edge with a played drachtio', { timeout: 60_000 }, (t) => edgeSuite(t, () => startDrachtioPeer()))

const real = findDrachtio()
t.test('the edge with drachtio-server', { skip: 'skip' in real ? real.skip : false, timeout: 90_000 }, (t) => edgeSuite(t, () => {
  if ('skip' in real) throw new Error(real.skip)
  return startRealDrachtio(real.path)
}))
