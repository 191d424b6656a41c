"""Hotels whose systems call us by AlpineBits: their orders lie ready, one room each, until they are
fetched, and their word about each is the hotel's answer; what they tell of free rooms is kept.

Owns: rooms that were ordered so, and pictures of free rooms.
Must not: hold a guest's name (orders go out without), or anything in a hotel's own words.
"""
