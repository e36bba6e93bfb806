"""Training scripts of people who have never heard of lintui, as text."""

PLAIN = """
import sys
import torch
from torch import nn

torch.manual_seed(0)
torch.set_num_threads(1)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
loss_of = nn.CrossEntropyLoss()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
x = torch.randn(64, 8)
y = x[:, :3].argmax(1)
for step in range(int(sys.argv[1])):
    total = 0.0
    optimizer.zero_grad()
    for half in (slice(0, 32), slice(32, 64)):
        loss = loss_of(model(x[half]), y[half]) / 2
        loss.backward()
        total += loss.item()
    optimizer.step()
    schedule.step()
    if step % 10 == 0:
        with torch.no_grad():
            print(f"step {step}: train loss {total!r}, val loss {loss_of(model(x), y).item()!r}")
print("weights", sum(p.double().sum().item() for p in model.parameters()))
"""
"""Gradient accumulation, a schedule, a loss module, evaluation in between; says its numbers to the last digit."""

ENDLESS = """
import time
import torch

w = torch.zeros(3, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.5)
try:
    for step in range(1_000_000):
        optimizer.zero_grad()
        ((w - 1) ** 2).sum().backward()
        optimizer.step()
        time.sleep(0.005)
except KeyboardInterrupt:
    print("kept what there was")
"""
"""No loss module and no print: a loop that only its optimizer betrays."""

ONE_STEP = """
import os, sys
import torch

w = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.5)
w.sum().backward()
optimizer.step()
"""
"""To be ended in one way or another by what is put behind it."""

COUNTED = """
import time
import torch

torch.manual_seed(0)
model = torch.nn.Linear(4, 1)
loss_of = torch.nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
x = torch.randn(32, 4)
made = 0
try:
    while True:
        optimizer.zero_grad()
        loss_of(model(x), x[:, :1]).backward()
        made += 1
        optimizer.step()
        print("made", made)
        time.sleep(0.01)
finally:
    open("made.txt", "w").write(str(made))
"""
"""Goes on until somebody ends it, and leaves behind how many steps it has made."""
