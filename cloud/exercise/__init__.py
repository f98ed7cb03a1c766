"""What makes a centre the centre of an exercise (diễn tập): its mark, its recorders, its trainer and its debrief."""
