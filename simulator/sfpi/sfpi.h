// stand-in, to come
