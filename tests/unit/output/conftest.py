from written_months import month, month_of, output, plan, plan_of, run, scene_of, write

__all__ = ["month", "month_of", "output", "plan", "plan_of", "run", "scene_of", "write"]
