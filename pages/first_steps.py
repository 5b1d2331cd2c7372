"""First steps: what does a recurrent network compute? Toy examples, every number of which can be changed."""

from rnnviz.ui import explaining, lessons

lesson = lessons.settle()
lessons.choose()
explaining.heading(lesson.question)
lessons.draw(lesson)
