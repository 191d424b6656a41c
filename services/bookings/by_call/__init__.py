"""Hotels whose systems call us by AlpineBits: their orders lie ready, one room each, until they are
fetched, and their word about each is the hotel's answer; what they tell of free rooms is kept.

Owns: rooms that were ordered so, who has them by opaque id, and pictures of free rooms.
Must not: keep a guest's name (it is fetched when it goes out), or anything in a hotel's own words.
"""
