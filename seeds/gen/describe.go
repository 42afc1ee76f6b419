package main

import "bourse/seeds"

func describeAll(lines []seeds.ModelLine, offers []seeds.OfferLine, authors map[string]string) {}
