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

MANY = """
import sys
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

if __name__ == "__main__":
    workers = int(sys.argv[1])
    torch.manual_seed(0)
    x = torch.randn(64, 4)
    y = x[:, :3].argmax(1)
    body, head = torch.nn.Linear(4, 8), torch.nn.Linear(8, 3)
    optimizers = [torch.optim.SGD(body.parameters(), lr=0.1), torch.optim.Adam(head.parameters(), lr=0.01)]
    scaler = torch.amp.GradScaler("cpu", init_scale=64.0)
    last = 0.0
    for start in ("fork", "spawn"):
        loader = DataLoader(
            TensorDataset(x, y), batch_size=8, num_workers=workers, multiprocessing_context=start if workers else None
        )
        for i, (some, of) in enumerate(loader):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = F.cross_entropy(head(torch.tanh(body(some))).float(), of) / 2
            overflows = start == "fork" and i == 2
            scaler.scale(loss * float("inf") if overflows else loss).backward()
            if i % 2:
                for optimizer in optimizers:
                    scaler.step(optimizer)
                scaler.update()
                for optimizer in optimizers:
                    optimizer.zero_grad()
            last = 2 * loss.item()
            bar = f"{i + 1}/8 [00:01<00:00, 30.50it/s, loss={last!r}]"
            print(f"\\r{(i + 1) / 8:4.0%}|####      | {bar}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
    print("last", repr(last), "weights", [p.double().sum().item() for p in (*body.parameters(), *head.parameters())])
"""
"""Two optimizers, gradients of two batches, a scaler that skips a step, workers of both kinds, a loss that is no
module's and stands in a progress bar as tqdm draws it."""

ONE_AFTER_ANOTHER = """
import gc, os, sys, time, weakref
from pathlib import Path
import torch
from lintui.commands import Checkpoint, Scale, new_id
from lintui.inbox import leave

if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

inbox = Path(os.environ["LINTUI_RUN"]) / "inbox"
made = 0


class Wrapper(torch.optim.Optimizer):
    def __init__(self, parameters):
        super().__init__(parameters, {"lr": 1.0})
        self.inner = torch.optim.SGD(self.param_groups, lr=1.0)
        self.param_groups = self.inner.param_groups

    def step(self, closure=None):
        self.inner.step()


class Keeps(torch.nn.Linear):
    def get_extra_state(self):
        return lambda: "no pickle"

    def set_extra_state(self, state):
        pass


print("loss 0.5/" + "1" * 400)
w = torch.zeros(1, requires_grad=True)
wrapper = Wrapper([w])
moved = 1.0
while moved == 1.0 and made < 1000:
    before = w.item()
    w.grad = torch.ones(1)
    wrapper.step()
    made += 1
    moved = before - w.item()
    if made == 2:
        leave(inbox, Scale(id="half", by="me", knob="lr", factor=0.5))
    time.sleep(0.005)
print("moved", moved)
del wrapper

models = []
for number in range(3):
    model, loss_of = Keeps(2, 1), torch.nn.MSELoss()
    models.append(weakref.ref(model))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for step in range(40):
        optimizer.zero_grad()
        loss_of(model(torch.ones(4, 2)), torch.ones(4, 1)).backward()
        optimizer.step()
        made += 1
        time.sleep(0.003)
leave(inbox, Checkpoint(id="keep", by="me"))
for step in range(40):
    optimizer.step()
    made += 1
    time.sleep(0.005)
del model, optimizer, loss_of
gc.collect()
print("made", made)
print("freed", [model() is None for model in models[:2]])
print("val loss 0.125", end="")
"""
"""Trains in a process that it forks off: with an optimizer inside another one, then three models in turn, whose state
can't be written down."""

ITS_OWN = """
import os, sys
import torch
import lintui

run = lintui.init("mine")
print(sorted(name for name in os.environ if name.startswith("LINTUI")))
w = torch.zeros(1, requires_grad=True)
optimizer = torch.optim.SGD([w], lr=0.5)
run.watch({"w": w}, optimizer)
for step in range(5):
    w.grad = torch.ones(1)
    optimizer.step()
    run.log({"loss": float(step)})
lintui.init("other").finish()
"""
"""Says its run itself, and then another one."""
