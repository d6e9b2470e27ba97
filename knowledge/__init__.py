"""What is true: dated and cited articles, amounts, tenants' overlays, and the search that finds the right one."""

from pathlib import Path

ROOT = Path(__file__).parent
