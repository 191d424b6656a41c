"""AlpineBits HotelData as a server."""
