"""The monthly report on effectiveness (đánh giá hiệu quả): indicators of component projects from stored readings."""
