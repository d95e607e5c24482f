"""One reader a data set of photographs, each in the layout its owner hands out."""
