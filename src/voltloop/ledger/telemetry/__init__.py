"""What devices tell of the goods: readings kept, and excursions, arrivals and forecasts concluded from them."""
