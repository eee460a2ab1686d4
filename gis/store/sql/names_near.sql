-- Names of known addresses that share what is left of them without one character.
--   in   :less    out  less, name (with its class before it)
SELECT s.less, s.name FROM unnest(CAST(:less AS text[])) AS k(less)
  JOIN address_slip s ON s.less = k.less COLLATE "C"
